"""The demo: scenarios played on a whole network, shown as ladders, judged by what crossed the wire."""
