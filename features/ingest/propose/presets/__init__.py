"""How the exports of known systems are read: one file a system, to be read and copied."""
