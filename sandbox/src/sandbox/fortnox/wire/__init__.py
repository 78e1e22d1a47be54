"""What goes over the wire: answers, errors, lists."""
