"""Why accounts moved since an earlier scoring, and what would move them."""
