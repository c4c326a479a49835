package analyze

import (
	"encoding/binary"

	"github.com/tracerec/tracerec/format"
)

// messages goes over the addresses of a KindMsgNames value: for each message
// a length of two bytes and the sockaddr.
func messages(b []byte, each func(i int, addr []byte) bool) {
	for i := 0; len(b) >= 2; i++ {
		n := int(binary.LittleEndian.Uint16(b))
		b = b[2:]
		if n > len(b) {
			return
		}
		if !each(i, b[:n]) {
			return
		}
		b = b[n:]
	}
}

// compareMessages compares the addresses of the messages that the call sent,
// which is what it returns. A message without an address is not shown to the
// witness, so the kernel's addresses are matched with those that have one.
func compareMessages(enter, kernel []byte, sent int64) (relation, why) {
	var shown [][]byte
	messages(enter, func(i int, addr []byte) bool {
		if len(addr) > 0 && int64(i) < sent {
			shown = append(shown, addr)
		}
		return true
	})
	rel, w, seen := equal, whyEqualEndpoint, 0
	messages(kernel, func(i int, addr []byte) bool {
		if i >= len(shown) {
			return false // the message that failed
		}
		seen++
		switch compareEndpoint(shown[i], addr) {
		case differs:
			rel, w = differs, whyDiffersMessage
			return false
		case unrelated:
			rel, w = unrelated, whyFamily
		}
		return true
	})
	if rel == equal && seen < len(shown) {
		return unrelated, whyMessageUnseen
	}
	return rel, w
}

// messageCopies joins the addresses that a hook saw one by one, in its rows,
// to one value for each rung.
type messageCopies struct{ copies []kernelCopy }

func (m *messageCopies) add(k kernelCopy) {
	value := binary.LittleEndian.AppendUint16(nil, uint16(len(k.bytes)))
	value = append(value, k.bytes...)
	for i := range m.copies {
		if m.copies[i].rungs == k.rungs {
			m.copies[i].bytes = append(m.copies[i].bytes, value...)
			return
		}
	}
	k.bytes, k.status = value, format.ViewOK
	m.copies = append(m.copies, k)
}
