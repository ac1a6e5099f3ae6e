"""What every API of ours does alike; knows no table.

`views` runs a request, `problems` answers what goes wrong, `parsers` and `fields` read strictly,
`rows` lets PostgreSQL write what is answered, `cursor`, `filters` and `etags` serve lists and
rows, `throttles` counts, `schema` documents. Slices meet it through `accounts.guild.api`.
"""
