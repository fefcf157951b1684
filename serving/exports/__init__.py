"""What leaves churngrid for the tools that people work in: lists, a workbook, CRM, digests."""
