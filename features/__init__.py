"""What is known: tables and their contract, metrics, the point-in-time engine, CHS and CMI."""
