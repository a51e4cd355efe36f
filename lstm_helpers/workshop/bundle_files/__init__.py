"""What :mod:`lstm_helpers.workshop.bundle` is made of: wheels, and the files of the installer."""
