"""What a consortium shows outside: a sheet as JSON and PDF, the API, a status page by link."""
