package replay

import (
	"encoding/binary"

	"github.com/tracerec/tracerec/format"
)

// SocketState is how far a socket has come.
type SocketState uint8

const (
	SocketNew SocketState = iota
	SocketBound
	SocketListening
	SocketConnecting // connect said EINPROGRESS: how it ended no call says
	SocketConnected
	SocketShut // shutdown of both directions
)

var socketStates = [...]string{"", "bound", "listen", "connecting", "connected", "shut"}

func (s SocketState) String() string { return socketStates[s] }

// Socket is what calls said of a socket. Addresses are struct sockaddr as the
// kernel has it: package show makes text of them.
type Socket struct {
	Family      uint16 // 0 when not known
	Type        uint8  // SOCK_STREAM…
	Protocol    uint16
	State       SocketState
	Local, Peer string
	Accepted    bool // it came in
}

// address is that of bind's or connect's socket: as the kernel says it is, or
// what the kernel used, or what was shown.
func (c *call) address() string {
	if v := c.b.Value(format.ColPath, c.i); len(v) > 0 {
		return string(v)
	}
	return string(c.view(0))
}

// socketOf is the socket that a call is about. A descriptor that is not known
// becomes one of a socket of which nothing else is known.
func (s *State) socketOf(c *call) *Socket {
	file := s.used(c, c.fd(c.e.FD))
	if file == nil {
		return nil
	}
	if ino := c.b.U64[format.ColIno][c.i]; ino != 0 && (c.e.Op == opBind || c.e.Op == opConnect) {
		file.Ino = ino
	}
	if file.Socket == nil {
		if file.Kind != FileUnknown {
			return nil // something is missing in between
		}
		file.Kind, file.Socket = FileSocket, &Socket{}
	}
	return file.Socket
}

func (s *State) connect(c *call) {
	sock := s.socketOf(c)
	if sock == nil {
		return
	}
	sock.Peer = c.address()
	if len(sock.Peer) >= 2 {
		if family := binary.LittleEndian.Uint16([]byte(sock.Peer)); family == 0 { // AF_UNSPEC dissolves
			sock.Peer, sock.State = "", SocketNew
			return
		} else if sock.Family == 0 {
			sock.Family = family
		}
	}
	sock.State = SocketConnected
	if c.ret == eINPROGRESS {
		sock.State = SocketConnecting
	}
}

func (s *State) accept(c *call) {
	listener := s.socketOf(c)
	sock := &Socket{State: SocketConnected, Accepted: true}
	if listener != nil {
		if listener.State < SocketListening {
			listener.State = SocketListening
		}
		sock.Family, sock.Type, sock.Protocol, sock.Local = listener.Family, listener.Type, listener.Protocol, listener.Local
	}
	if v := c.b.Value(format.ColPath, c.i); len(v) > 0 {
		sock.Peer = string(v)
	} else if len(c.e.row.Views) > 0 {
		sock.Peer = string(c.b.Value(format.Slots[0].Exit, c.i))
	}
	file := &File{Kind: FileSocket, Opened: c.at, By: c.t.Process.PID, Socket: sock,
		Ino: c.b.U64[format.ColIno][c.i]}
	s.install(c, int32(c.ret), FD{File: file, Cloexec: c.cloexec(), At: c.at})
}
