"""How the processes of one house talk."""
