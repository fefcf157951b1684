"""``python -m churngrid`` is the same as ``churngrid``."""

from churngrid.serving.cli.app import main

if __name__ == "__main__":
    main()
