package format

import (
	"strings"
	"sync"

	flatbuffers "github.com/google/flatbuffers/go"
)

// Keys of our custom metadata in Arrow messages.
const (
	keyHeader = "tracerec.header" // schema: the Header as JSON
	keyFile   = "tracerec.file"   // schema: "id=… crc=…"
	keyBlock  = "tracerec.block"  // record batch: one blockLine
)

// fileText is the value of keyFile: the file's random id, and CRC-32C of the
// schema message with the CRC's digits zero.
const (
	fileText  = "id=00000000000000000000000000000000 crc=00000000"
	fileIDAt  = 3
	fileCRCAt = 40
)

// layout is the messages of one format version.
type layout struct {
	version int
	columns []ColumnID      // in file order
	place   [NumColumns]int // where a column stands among them, -1 for not
	bytes   int             // how many of them are Bytes
	strings [NumColumns]int // which of those a column is

	// The schema message up to the header JSON, which ends the message: its
	// length, NUL and padding follow.
	schema     *template
	schemaFile int // position of fileText
	headerLen  int // position of the uint32 length of the JSON

	dict        *template
	dictCount   int // int64: entries
	dictNode    int // int64 entries, int64 nulls
	dictBuffers int // validity, offsets, bytes: int64 offset, int64 length each
	dictBody    int // int64: body length

	batch        *template
	batchRows    int // int64
	batchNodes   int // per column: int64 rows, int64 nulls
	batchBuffers int // per column: validity, values
	batchBody    int // int64
	batchLine    int // the blockLine
}

var layouts [Version + 1]struct {
	once   sync.Once
	layout *layout
}

// layoutOf returns the layout of a version that we know.
func layoutOf(version int) *layout {
	l := &layouts[version]
	l.once.Do(func() { l.layout = newLayout(version) })
	return l.layout
}

func newLayout(version int) *layout {
	l := &layout{version: version}
	for c := range Columns {
		l.place[c] = -1
		if Columns[c].Since <= version {
			l.place[c] = len(l.columns)
			l.columns = append(l.columns, ColumnID(c))
			if Columns[c].Type == Bytes {
				l.strings[c] = l.bytes
				l.bytes++
			}
		}
	}
	l.buildSchema()
	l.buildDict()
	l.buildBatch()
	return l
}

// buildSchema makes the schema message for a header of length 0 and keeps
// what stands before it. The builder lays out from the end, so what is created
// first stands last: with the JSON padded to 8 bytes, NUL and length included,
// nothing before it depends on its length but the length itself.
func (l *layout) buildSchema() {
	b := newFB()
	b.Prep(8, 0) // the whole message is aligned to 8
	// Shortest string that fills 8 bytes with its length and its NUL.
	header := b.CreateString(strings.Repeat(" ", 3))
	var headerAt int
	b.mark(&headerAt, 0, 8)
	file := b.text(fileText, &l.schemaFile)
	meta := []flatbuffers.UOffsetT{b.keyValue(keyFile, file), b.keyValue(keyHeader, header)}

	fields := make([]flatbuffers.UOffsetT, len(l.columns))
	for i, c := range l.columns {
		fields[i] = l.field(b, c)
	}
	fieldsOff := b.offsets(fields)
	metaOff := b.offsets(meta)
	b.StartObject(4)
	b.PrependUOffsetTSlot(1, fieldsOff, 0)
	b.PrependUOffsetTSlot(2, metaOff, 0)
	t := b.message(arrowSchema, b.EndObject(), 0, nil)

	l.headerLen = headerAt
	if headerAt+8 != len(t.bytes) || headerAt%8 != 0 {
		panic("format: the header does not end the schema message")
	}
	// The message's length and everything from the JSON's length on vary.
	l.schema = &template{
		bytes: t.bytes[:headerAt],
		holes: [][2]int{{4, 8}, {l.schemaFile, l.schemaFile + len(fileText)}},
	}
	l.schema.seal()
}

func (l *layout) field(b *fb, id ColumnID) flatbuffers.UOffsetT {
	c := &Columns[id]
	name := b.CreateString(storedName(id, l.version))
	var kind byte = arrowInt
	var typ, dict flatbuffers.UOffsetT
	switch c.Type {
	case Bytes:
		kind = arrowBinary
		b.StartObject(0)
		typ = b.EndObject()
		index := b.integer(32, true)
		b.StartObject(4) // DictionaryEncoding; id 0 is the default: all columns share it
		b.PrependUOffsetTSlot(1, index, 0)
		dict = b.EndObject()
	default:
		typ = b.integer(int32(8*c.Type.size()), c.Type == I32 || c.Type == I64)
	}
	children := b.offsets(nil)
	b.StartObject(7)
	b.PrependUOffsetTSlot(0, name, 0)
	b.PrependBoolSlot(1, c.Type == Bytes, false)
	b.PrependByteSlot(2, kind, 0)
	b.PrependUOffsetTSlot(3, typ, 0)
	b.PrependUOffsetTSlot(4, dict, 0)
	b.PrependUOffsetTSlot(5, children, 0)
	return b.EndObject()
}

func (l *layout) buildDict() {
	b := newFB()
	data := b.recordBatch(1, 3, &l.dictCount, &l.dictNode, &l.dictBuffers)
	b.StartObject(3) // id 0 and isDelta false are defaults
	b.PrependUOffsetTSlot(1, data, 0)
	l.dict = b.message(arrowDictionary, b.EndObject(), 0, &l.dictBody)
}

func (l *layout) buildBatch() {
	b := newFB()
	line := b.text(lineText, &l.batchLine)
	meta := b.offsets([]flatbuffers.UOffsetT{b.keyValue(keyBlock, line)})
	batch := b.recordBatch(len(l.columns), 2*len(l.columns), &l.batchRows, &l.batchNodes, &l.batchBuffers)
	l.batch = b.message(arrowRecordBatch, batch, meta, &l.batchBody)
}

// line is the block line within a record batch message.
func (l *layout) line(batch []byte) blockLine {
	return blockLine(batch[l.batchLine : l.batchLine+len(lineText)])
}
