"""The watch: in the evening, does the lake have the day's session?"""
