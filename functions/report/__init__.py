"""The daily report: once a session is refined, its page lies in S3 and a short mail tells of it."""
