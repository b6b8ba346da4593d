"""Querying a log: filters, calls, conversations, statistics, costs, comparisons.

Where things are, from the bytes up:

- `hilt.io.read.scan.LogScan` reads the files of logs and yields blocks of lines.
- `event_lines.EventLine` is a line that is decoded only as far as needed; `records.Record` has the
  fields that questions need.
- `assembling.CallAssembler` joins lines to a `calls.Call`: prompt, tool results, chunks, ending,
  tool calls, feedback.
- `filters.Filters` is the one set of filters; `moments` reads times, `texts.TextQuery` texts.
- `log.Log` (`hilt.open_log`) brings all of it together: ``events()``, ``calls()``,
  ``conversations()``, ``stats()``, ``search()``, ``find()``. Most give a `queries.Query`, which is
  lazy, counts what it skips, and converts to dicts, Arrow or pandas.
- `conversations.Conversation` groups calls by their links; `inputs` gives the exact messages of a
  call; `finding` resolves the beginning of an id, from the end of a log.
- `statistics` sums calls by any key; `costs`, `comparing` and `repricing` build on it.

Commands are thin: each reads its options into `Filters` (``hilt.cli.filtering``), asks the `Log`,
and prints.
"""
