"""Questions to a log: filters, calls, conversations, statistics, costs, comparisons.

Where things are, from the bytes up:

- `hilt.io.read.scan.LogScan` goes through the files of logs and gives blocks of lines.
- `event_lines.EventLine` is a line that is decoded only as far as is wanted; `records.Record` are
  the fields that questions need.
- `assembling.CallAssembler` joins lines to a `calls.Call`: prompt, tool results, chunks, ending,
  tool calls, feedback.
- `filters.Filters` is the one set of filters; `moments` reads times, `texts.TextQuery` texts.
- `log.Log` (`hilt.open_log`) is where all of it meets: ``events()``, ``calls()``,
  ``conversations()``, ``stats()``, ``search()``, ``find()``. Each gives a `queries.Query`, which is
  lazy, counts what it skips, and becomes dicts, Arrow or pandas.
- `conversations.Conversation` groups calls by their links; `inputs` gives the exact messages of a
  call; `finding` resolves the beginning of an id, from the end of a log.
- `statistics` sums calls by any key; `costs`, `comparing` and `repricing` build on it.

Commands are thin: each reads its options into `Filters` (``hilt.cli.filtering``), asks the `Log`,
and prints.
"""
