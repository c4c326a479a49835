package replay

import (
	"fmt"
	"math"

	"github.com/tracerec/tracerec/format/show"
)

var protocols = map[[2]uint16]string{
	{2, 1}: "tcp", {2, 2}: "udp", {2, 3}: "raw", {10, 1}: "tcp6", {10, 2}: "udp6", {10, 3}: "raw6",
	{1, 1}: "unix", {1, 2}: "unix-dgram", {1, 5}: "unix-seqpacket", {16, 2}: "netlink", {16, 3}: "netlink", {17, 3}: "packet", {17, 2}: "packet",
}

// Proto names family and type of a socket.
func (s *Socket) Proto() string {
	if name, ok := protocols[[2]uint16{s.Family, uint16(s.Type)}]; ok {
		return name
	}
	if s.Family == 0 {
		return "?"
	}
	return show.Family(s.Family)
}

func (l *lister) netstat(list []*Process) {
	l.head("PROTO", "STATE", "LOCAL", "PEER", "IN", "OUT", "PID", "COMMAND", "FD")
	for _, p := range list {
		files := p.Files()
		if files == nil {
			continue
		}
		for fd, d := range files.All {
			sock := d.File.Socket
			if sock == nil {
				continue
			}
			if l.o.JSON {
				r := l.fdRow(p, fd, d)
				r.Type, r.Kind = "socket", sock.Proto()
				l.object(r)
				continue
			}
			mark := ""
			if d.At <= l.unsure {
				mark = "?"
			}
			l.row(sock.Proto(), sock.State, addr(sock.Local), addr(sock.Peer), moved(d.File.In, l.s.lacks.in()), moved(d.File.Out, l.s.lacks.out()), p.PID, p.CommAt(math.MaxInt64), fmt.Sprint(fd, mark))
		}
	}
}
