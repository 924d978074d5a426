"""`python -m chartkeep`."""

from chartkeep.cli.main import main

if __name__ == "__main__":
    main()
