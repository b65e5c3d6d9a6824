"""Compares our minimal .proto with that of a real Spark: every field of ours must be one of theirs, with the same
number, type, label and oneof.

    check-spark-proto.py OURS.desc SPARK.desc    (protoc --descriptor_set_out)
"""
import sys
from google.protobuf import descriptor_pb2 as d
def load(p):
    s=d.FileDescriptorSet(); s.ParseFromString(open(p,'rb').read()); out={}; en={}; sv={}
    def walk(pre,m):
        out[pre+m.name]=m
        for e in m.enum_type: en[pre+m.name+'.'+e.name]=e
        for n in m.nested_type: walk(pre+m.name+'.',n)
    for f in s.file:
        if f.package!='spark.connect': continue
        for m in f.message_type: walk('',m)
        for e in f.enum_type: en[e.name]=e
        for x in f.service: sv[x.name]=x
    return out,en,sv
a,ae,asv=load(sys.argv[1]); b,be,bsv=load(sys.argv[2]); bad=0;nf=0
for k,m in a.items():
    if k not in b: print('no message',k); bad+=1; continue
    fb={f.number:f for f in b[k].field}
    for f in m.field:
        nf+=1; g=fb.get(f.number)
        if not g: print('no field',k,f.name,f.number); bad+=1; continue
        oa=m.oneof_decl[f.oneof_index].name if f.HasField('oneof_index') else None
        ob=b[k].oneof_decl[g.oneof_index].name if g.HasField('oneof_index') else None
        if (f.name,f.type,f.label,f.type_name,oa)!=(g.name,g.type,g.label,g.type_name,ob): print('diff',k,f.name,g.name,f.type,g.type,f.type_name,g.type_name,oa,ob); bad+=1
for k,e in ae.items():
    vb={v.number:v.name for v in be[k].value}
    for v in e.value:
        if vb.get(v.number)!=v.name: print('enum',k,v.name); bad+=1
for k,s in asv.items():
    mb={m.name:m for m in bsv[k].method}
    for m in s.method:
        g=mb[m.name]
        if (m.input_type,m.output_type,m.client_streaming,m.server_streaming)!=(g.input_type,g.output_type,g.client_streaming,g.server_streaming): print('rpc',m.name); bad+=1
print('messages',len(a),'of',len(b),'fields',nf,'of',sum(len(m.field) for m in b.values()),'problems',bad)
sys.exit(bad > 0)
