"""The page: what a report says, as HTML that is complete without JavaScript, in two languages."""
