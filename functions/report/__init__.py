"""The daily report: once a session is refined, its page is written to S3 and announced in a short mail."""
