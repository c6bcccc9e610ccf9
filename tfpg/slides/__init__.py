"""The lecture's slides beside the library's own source."""
