"""What lies in the lake and how it is asked: tables, saved SQL, views, renames, B3's calendar."""
