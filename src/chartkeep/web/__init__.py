"""What every door over HTTP stands on: bounds around requests, and threads to answer them in."""
