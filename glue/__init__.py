"""Visual Glue jobs as documents: reading, checking, comparing, and the script Glue Studio writes for them."""
