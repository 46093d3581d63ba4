"""``python -m hotspot``: the command line."""

from hotspot.cli import main

if __name__ == "__main__":
    main()
