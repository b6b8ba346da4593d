"""The pytest plugin of HILT; a package of its own, so that pytest starts without importing HILT."""
