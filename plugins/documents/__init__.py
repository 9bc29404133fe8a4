"""Documents of a consortium: kept with every version, read by those who may."""
