"""The demonstration: three companies, their people, and a year of conversations with support.

`cast` says who there is, `stories/*.toml` what they wrote, `files.toml` what they attached, `writer` plays it all
through the verbs that the pages use. The verbs know only the present, so each deed is written now; when everything
has happened, `past` moves every instant that was written to the moment at which its deed is said to have happened.
Whatever one deed wrote together (a message, the ticket's dates, the event, the mail) so keeps standing together.
"""
