package show

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
)

var families = [...]string{
	"AF_UNSPEC", "AF_UNIX", "AF_INET", "AF_AX25", "AF_IPX", "AF_APPLETALK", "AF_NETROM", "AF_BRIDGE", "AF_ATMPVC",
	"AF_X25", "AF_INET6", "AF_ROSE", "AF_DECnet", "AF_NETBEUI", "AF_SECURITY", "AF_KEY", "AF_NETLINK", "AF_PACKET",
	"AF_ASH", "AF_ECONET", "AF_ATMSVC", "AF_RDS", "AF_SNA", "AF_IRDA", "AF_PPPOX", "AF_WANPIPE", "AF_LLC", "AF_IB",
	"AF_MPLS", "AF_CAN", "AF_TIPC", "AF_BLUETOOTH", "AF_IUCV", "AF_RXRPC", "AF_ISDN", "AF_PHONET", "AF_IEEE802154",
	"AF_CAIF", "AF_ALG", "AF_NFC", "AF_VSOCK", "AF_KCM", "AF_QIPCRTR", "AF_SMC", "AF_XDP", "AF_MCTP",
}

const (
	afUnix    = 1
	afInet    = 2
	afInet6   = 10
	afNetlink = 16
	afVsock   = 40
)

// Family names an address family.
func Family(n uint16) string {
	if int(n) < len(families) {
		return families[n]
	}
	return "AF_" + strconv.Itoa(int(n))
}

// SockAddr returns a struct sockaddr as text.
func SockAddr(v []byte) string { return string(AppendSockAddr(nil, v)) }

// AppendSockAddr appends a struct sockaddr, whose length is that of v:
//
//	127.0.0.1:80   [fe80::1%2]:80   "/run/x.sock"   @abstract
//
// What does not have the length that its family asks for, is shown as hex;
// bytes behind the address follow as "+0x…", so that two addresses never
// show the same because they differ only in their padding.
func AppendSockAddr(dst, v []byte) []byte {
	if len(v) < 2 {
		return appendHex(dst, v)
	}
	family := binary.LittleEndian.Uint16(v)
	switch {
	case family == afInet && len(v) >= 16:
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte(v[4:8])), binary.BigEndian.Uint16(v[2:]))
		return appendRest(addr.AppendTo(dst), v[8:], 8)
	case family == afInet6 && (len(v) == 24 || len(v) >= 28):
		return appendInet6(dst, v)
	case family == afUnix:
		return appendUnix(dst, v)
	case family == afNetlink && len(v) >= 12:
		dst = strconv.AppendUint(append(dst, "AF_NETLINK pid="...), uint64(binary.LittleEndian.Uint32(v[4:])), 10)
		dst = strconv.AppendUint(append(dst, " groups=0x"...), uint64(binary.LittleEndian.Uint32(v[8:])), 16)
		if pad := binary.LittleEndian.Uint16(v[2:]); pad != 0 {
			dst = strconv.AppendUint(append(dst, " pad=0x"...), uint64(pad), 16)
		}
		return appendRest(dst, v[12:])
	case family == afVsock && len(v) == 16 && v[2]|v[3] == 0 && binary.LittleEndian.Uint32(v[12:]) == 0:
		dst = strconv.AppendUint(append(dst, "AF_VSOCK cid="...), uint64(binary.LittleEndian.Uint32(v[8:])), 10)
		return strconv.AppendUint(append(dst, " port="...), uint64(binary.LittleEndian.Uint32(v[4:])), 10)
	}
	dst = append(dst, Family(family)...)
	if len(v) == 2 {
		return dst
	}
	return appendHex(append(dst, ' '), v[2:])
}

func appendInet6(dst, v []byte) []byte {
	addr := netip.AddrFrom16([16]byte(v[8:24]))
	rest := v[24:]
	scope := uint32(0)
	if len(rest) >= 4 { // RFC 2133 knew no scope, and the kernel still takes that
		scope, rest = binary.LittleEndian.Uint32(rest), rest[4:]
	}
	dst = addr.AppendTo(append(dst, '['))
	if scope != 0 {
		dst = strconv.AppendUint(append(dst, '%'), uint64(scope), 10)
	}
	dst = strconv.AppendUint(append(dst, "]:"...), uint64(binary.BigEndian.Uint16(v[2:])), 10)
	if flow := binary.BigEndian.Uint32(v[4:]); flow != 0 {
		dst = strconv.AppendUint(append(dst, " flow=0x"...), uint64(flow), 16)
	}
	return appendRest(dst, rest)
}

// appendUnix follows unix_mkname: a leading NUL makes all bytes the name;
// otherwise the name ends at the first NUL, and 108 bytes need none.
func appendUnix(dst, v []byte) []byte {
	name := v[2:]
	switch {
	case len(name) == 0:
		return append(dst, "AF_UNIX unnamed"...)
	case name[0] == 0:
		dst = append(dst, '@')
		for _, c := range name[1:] {
			if !isBare(c) {
				return AppendQuote(dst, name[1:])
			}
		}
		return append(dst, name[1:]...)
	}
	path, rest, _ := bytes.Cut(name, []byte{0})
	return appendRest(AppendQuote(dst, path), rest, len(rest))
}

// appendRest appends what follows a value: nothing when it is empty or, up
// to padding bytes, zero.
func appendRest(dst, rest []byte, padding ...int) []byte {
	zero := len(bytes.Trim(rest, "\x00")) == 0
	switch {
	case len(rest) == 0, zero && len(padding) > 0 && len(rest) <= padding[0]:
		return dst
	case zero && len(padding) > 0:
		return append(strconv.AppendInt(append(dst, " +"...), int64(len(rest)-padding[0]), 10), " zero bytes"...)
	case zero:
		return append(strconv.AppendInt(append(dst, " +"...), int64(len(rest)), 10), " zero bytes"...)
	}
	return appendHex(append(dst, " +"...), rest)
}

func appendHex(dst, v []byte) []byte {
	if len(v) == 0 {
		return append(dst, "(empty)"...)
	}
	return hex.AppendEncode(append(dst, "0x"...), v)
}
