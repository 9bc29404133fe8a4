"""Lists of steps that consortia keep."""
