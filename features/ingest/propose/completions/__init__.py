"""What a proposed table needs beyond columns of the same meaning."""
