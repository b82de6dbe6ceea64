"""The life of one AI request: admitted, resolved to targets, tried until one answers, relayed, recorded."""
