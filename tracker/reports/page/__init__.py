"""A published page: one folder of HTML, data and pictures that asks nothing of any other place."""
