"""Numbers, reasons and standings said in sentences."""
