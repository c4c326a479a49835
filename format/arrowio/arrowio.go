package arrowio

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/tracerec/tracerec/format"
)

// dictType is the type of all Bytes columns.
var dictType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.Binary}

// DataType is the Arrow type of a column.
func DataType(t format.Type) arrow.DataType {
	switch t {
	case format.U8:
		return arrow.PrimitiveTypes.Uint8
	case format.U16:
		return arrow.PrimitiveTypes.Uint16
	case format.U32:
		return arrow.PrimitiveTypes.Uint32
	case format.U64:
		return arrow.PrimitiveTypes.Uint64
	case format.I32:
		return arrow.PrimitiveTypes.Int32
	case format.I64:
		return arrow.PrimitiveTypes.Int64
	default:
		return dictType
	}
}

// Schema is the Arrow schema of the columns cols; nil for all. It equals the
// schema of a .trc file, but for the file's metadata.
func Schema(cols []format.ColumnID) *arrow.Schema {
	cols = orAll(cols)
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		col := &format.Columns[c]
		fields[i] = arrow.Field{Name: col.Name, Type: DataType(col.Type), Nullable: col.Type == format.Bytes}
	}
	return arrow.NewSchema(fields, nil)
}

func orAll(cols []format.ColumnID) []format.ColumnID {
	if cols != nil {
		return cols
	}
	for c := range format.Columns {
		cols = append(cols, format.ColumnID(c))
	}
	return cols
}

// Record converts the columns cols of b (nil for all). All Bytes columns share
// one dictionary, b's. Integer columns share b's memory: the record is valid
// until b changes. Release it after use. A column that b does not have is an
// error.
func Record(b *format.Batch, cols []format.ColumnID) (rec arrow.Record, err error) {
	cols = orAll(cols)
	dict := dictionary(b.Dict)
	defer dict.Release()
	arrays := make([]arrow.Array, 0, len(cols))
	defer func() {
		for _, a := range arrays {
			a.Release()
		}
	}()
	for _, c := range cols {
		col := &format.Columns[c]
		mem := columnBytes(b, c)
		if mem == nil && b.N > 0 {
			return nil, fmt.Errorf("column %s is not in the batch: read it too", col.Name)
		}
		var data *array.Data
		if col.Type == format.Bytes {
			index, valid, nulls := indices(b.U32[c][:b.N])
			data = array.NewDataWithDictionary(dictType, b.N,
				[]*memory.Buffer{memory.NewBufferBytes(valid), memory.NewBufferBytes(index)}, nulls, 0, dict)
		} else {
			data = array.NewData(DataType(col.Type), b.N, []*memory.Buffer{nil, memory.NewBufferBytes(mem)}, nil, 0, 0)
		}
		arrays = append(arrays, array.MakeFromData(data))
		data.Release()
	}
	return array.NewRecord(Schema(cols), arrays, int64(b.N)), nil
}

// dictionary is d without its null.
func dictionary(d *format.Dict) *array.Data {
	n := d.Len() - 1
	offsets := make([]int32, n+1)
	values := make([]byte, 0, d.Size())
	for i := range n {
		values = append(values, d.Bytes(uint32(i+1))...)
		offsets[i+1] = int32(len(values))
	}
	return array.NewData(arrow.BinaryTypes.Binary, n, []*memory.Buffer{
		nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(values),
	}, nil, 0, 0)
}

// indices turns references into Arrow's: from 0, with a validity bitmap.
func indices(refs []uint32) (index, valid []byte, nulls int) {
	idx := make([]int32, len(refs))
	valid = make([]byte, (len(refs)+7)/8)
	for i, ref := range refs {
		if ref == 0 {
			nulls++
			continue
		}
		idx[i] = int32(ref - 1)
		valid[i/8] |= 1 << (i % 8)
	}
	return arrow.Int32Traits.CastToBytes(idx), valid, nulls
}

func columnBytes(b *format.Batch, c format.ColumnID) []byte {
	switch {
	case b.U8[c] != nil:
		return b.U8[c][:b.N]
	case b.U16[c] != nil:
		return arrow.Uint16Traits.CastToBytes(b.U16[c][:b.N])
	case b.U32[c] != nil:
		return arrow.Uint32Traits.CastToBytes(b.U32[c][:b.N])
	case b.U64[c] != nil:
		return arrow.Uint64Traits.CastToBytes(b.U64[c][:b.N])
	case b.I32[c] != nil:
		return arrow.Int32Traits.CastToBytes(b.I32[c][:b.N])
	case b.I64[c] != nil:
		return arrow.Int64Traits.CastToBytes(b.I64[c][:b.N])
	}
	return nil
}
