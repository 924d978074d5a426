"""Reading the marks of exports off a leak: lines as they were sent, their order, who is invented.

    orders = list_orders(look, house)      # custody.exports: all there ever were
    reading = Reading({ident: read_mark(order.mark) for ident, order in orders.items()})
    reading.take_bits(source.spaced); reading.take_chart(chart); reading.take_row(values)
    reading.chances()      # export -> the chance that its mark stands there by accident

What is given to `gather(…, marked=…)` is this, by the exports' places among the doors.
"""
