"""A demonstration that looks like a day at work: invented providers, a week of history, and traffic as one watches."""
