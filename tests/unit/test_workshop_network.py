"""A taken port is not used."""

import socket

from workshop import network


def test_the_wanted_port_is_taken_when_it_is_free():
    with socket.socket() as probe:
        probe.bind((network.LOOPBACK, 0))
        port = probe.getsockname()[1]
    assert network.free_port(port) == port


def test_another_port_is_chosen_when_it_is_not():
    with socket.socket() as holder:
        holder.bind((network.LOOPBACK, 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert network.free_port(port) > port


def test_some_port_is_found_when_the_whole_range_is_taken():
    with socket.socket() as holder:
        holder.bind((network.LOOPBACK, 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert network.free_port(port, attempts=1) not in {0, port}
