"""What every room stands on: errors, files, console, intervals, texts, the import of TensorFlow."""
