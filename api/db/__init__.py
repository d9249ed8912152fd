"""Where it is all kept: tables, sealed columns, migrations. The only package that knows a database."""
