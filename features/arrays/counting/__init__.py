"""What is counted and kept while facts pass by once: compiled loops over pairs, bits and cells."""
