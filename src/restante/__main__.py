"""``python -m restante``: the command line."""

from restante.cli.main import main

if __name__ == "__main__":
    main()
