package analyze

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

const (
	afUnspec = 0
	afUnix   = 1
	afInet   = 2
	afInet6  = 10
)

// endpoint is what a cgroup program sees of a sockaddr.
type endpoint struct {
	family uint16
	addr   netip.AddrPort
	path   string // unix, with the leading NUL of an abstract name
}

// parseEndpoint reads a sockaddr of a little-endian machine. ok is false for
// families and lengths that have no endpoint.
func parseEndpoint(b []byte) (e endpoint, ok bool) {
	if len(b) < 2 {
		return e, false
	}
	e.family = binary.LittleEndian.Uint16(b)
	switch {
	case e.family == afInet && len(b) >= 8:
		addr := netip.AddrFrom4([4]byte(b[4:8]))
		e.addr = netip.AddrPortFrom(addr, binary.BigEndian.Uint16(b[2:]))
		return e, true
	case e.family == afInet6 && len(b) >= 24:
		addr := netip.AddrFrom16([16]byte(b[8:24]))
		e.addr = netip.AddrPortFrom(addr, binary.BigEndian.Uint16(b[2:]))
		return e, true
	case e.family == afUnix:
		e.path = string(b[2:])
		return e, true
	}
	return e, false
}

// compareEndpoint compares what both sides have: family, address, port.
func compareEndpoint(enter, kernel []byte) relation {
	a, okA := parseEndpoint(asInet(enter))
	b, okB := parseEndpoint(kernel)
	switch {
	case !okA || !okB:
		return unrelated
	case a == b:
		return equal
	}
	return differs
}

// compareSunPath compares families, and the path up to its NUL.
func compareSunPath(enter, kernel []byte) relation {
	if len(enter) < 2 || len(kernel) < 2 {
		return unrelated
	}
	if !bytes.Equal(enter[:2], kernel[:2]) {
		return differs
	}
	a, _, _ := bytes.Cut(enter[2:], nul)
	b, _, _ := bytes.Cut(kernel[2:], nul)
	if bytes.Equal(a, b) {
		return equal
	}
	return differs
}

// asInet makes the AF_UNSPEC that bind(2) takes for AF_INET one.
func asInet(b []byte) []byte {
	if len(b) < 16 || binary.LittleEndian.Uint16(b) != afUnspec {
		return b
	}
	inet := append([]byte{afInet, 0}, b[2:]...)
	return inet
}

// otherPeer says whether a connected socket's peer is another than the one
// asked for. Wildcards are filled in by the kernel and are no sign of that.
func otherPeer(asked, peer []byte) bool {
	a, okA := parseEndpoint(asked)
	p, okP := parseEndpoint(peer)
	if !okA || !okP || a.family == afUnix || p.family == afUnix {
		return false
	}
	askedAddr, peerAddr := a.addr.Addr().Unmap(), p.addr.Addr().Unmap()
	if !askedAddr.IsUnspecified() && askedAddr != peerAddr {
		return true
	}
	return a.addr.Port() != 0 && a.addr.Port() != p.addr.Port()
}

// compareSocket compares an address asked for with the one that the socket
// then had. Wildcards are filled in, and the path of a unix socket may lead
// through links; an abstract name leads nowhere else.
func compareSocket(asked, has []byte) relation {
	a, okA := parseEndpoint(asked)
	h, okH := parseEndpoint(has)
	if !okA || !okH {
		return unrelated
	}
	if a.family != afUnix && h.family != afUnix {
		if otherPeer(asked, has) {
			return differs
		}
		return equal
	}
	abstractA, abstractH := len(a.path) > 0 && a.path[0] == 0, len(h.path) > 0 && h.path[0] == 0
	switch {
	case a.family != h.family:
		return differs
	case len(a.path) == 0 || len(h.path) == 0 || !abstractA && !abstractH:
		return unrelated
	case a.path == h.path:
		return equal
	}
	return differs
}
