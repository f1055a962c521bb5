"""The style sheet and the script of the HTML report."""

CSS = """
:root{--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d8dee4;--card:#f6f8fa;--ok:#1a7f37;--bad:#cf222e;--none:#9a6700;--a:#0969da;--b:#bc4c00;--band:#0969da22}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9198a1;--line:#30363d;--card:#161b22;--ok:#3fb950;--bad:#f85149;--none:#d29922;--a:#4493f8;--b:#f0883e;--band:#4493f833}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1200px;padding:1rem;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:.3rem 0}h2{font-size:1.15rem;margin:1.6rem 0 .5rem;border-bottom:1px solid var(--line)}
a{color:var(--a)}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);border:1px solid var(--line);padding:.6rem;overflow-x:auto;border-radius:6px}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:left;padding:.28rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th[data-key]{cursor:pointer;white-space:nowrap}th[data-key]:focus-visible,tr:focus-visible,button:focus-visible{outline:2px solid var(--a)}
#table tbody tr{cursor:pointer}#table tbody tr:hover{background:var(--card)}
.status{font-weight:600}.passed{color:var(--ok)}.failed{color:var(--bad)}.unsupported{color:var(--none)}small{color:var(--soft)}
form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:.5rem 0}label{display:flex;flex-direction:column;font-size:.8rem;color:var(--soft)}
input,select,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.3rem .5rem}
dialog{max-width:min(900px,96vw);width:100%;max-height:92vh;overflow:auto;background:var(--bg);color:var(--fg);border:1px solid var(--line);border-radius:8px}
dialog::backdrop{background:#0008}figure{margin:1rem 0;padding:.6rem;border:1px solid var(--line);border-radius:8px}svg{width:100%;height:auto;display:block}
svg text{fill:var(--soft);font:11px system-ui}svg .grid{stroke:var(--line);stroke-width:.6}svg .line{fill:none;stroke-width:1.6}svg .a{stroke:var(--a)}svg .b{stroke:var(--b);stroke-dasharray:5 3}
svg text.a{fill:var(--a);stroke:none}svg text.b{fill:var(--b);stroke:none}svg .band{fill:var(--band)}details{margin:.3rem 0}summary{cursor:pointer}
.bars{display:grid;grid-template-columns:auto 1fr 1fr;gap:.15rem .6rem;font-size:.85rem;align-items:center}.bar{height:.8rem;background:var(--a);min-width:1px}.bar.t{background:var(--b)}
.chips span{display:inline-block;background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:0 .6rem;margin:.1rem;font-size:.82rem}
@media(max-width:640px){body{padding:.6rem}th,td{padding:.25rem .35rem}}
"""

JS = r"""
(function(){
"use strict";
const data=JSON.parse(document.getElementById("data").textContent),rows=data.rows;
const el=id=>document.getElementById(id),body=document.querySelector("#table tbody"),PAGE=200;
let key="operation",down=false,shown=PAGE,current=[];
for(const r of rows){r.nfail=r.failures.length;r.text=(r.operation+" "+r.family).toLowerCase();}
const fill=(id,values)=>{for(const v of [...new Set(values)].sort()){const o=document.createElement("option");o.textContent=v;el(id).append(o);}};
fill("family",rows.map(r=>r.family));fill("backend",rows.map(r=>r.backend));fill("property",rows.flatMap(r=>r.failures.map(f=>f.property)));
const cell=(text,cls)=>{const td=document.createElement("td");td.textContent=text;if(cls)td.className=cls;return td;};
const num=v=>typeof v==="number"?(v===0?"0":(Number.isInteger(v)?v.toLocaleString("en"):v.toPrecision(2))):"";
function draw(){
  body.replaceChildren();
  for(const r of current.slice(0,shown)){
    const tr=document.createElement("tr");tr.tabIndex=0;tr.dataset.op=r.operation;
    tr.append(cell(r.operation),cell(r.family),cell(r.backend),cell(r.status,"status "+r.status),cell(r.contract),cell(num(r.examples)),cell(num(r.units)),cell(num(r.torch_units)),cell(r.nfail||""));
    tr.onclick=()=>open(r.operation);tr.onkeydown=e=>{if(e.key==="Enter")open(r.operation);};body.append(tr);
  }
  el("more").hidden=current.length<=shown;el("count").textContent=current.length+" of "+rows.length;
}
function filter(){
  const q=el("search").value.trim().toLowerCase(),f=el("family").value,b=el("backend").value,s=el("status").value,p=el("property").value;
  current=rows.filter(r=>(!q||r.text.includes(q))&&(!f||r.family===f)&&(!b||r.backend===b)&&(!s||r.status===s)&&(!p||r.failures.some(x=>x.property===p)));
  current.sort((x,y)=>{const a=x[key],c=y[key];const d=typeof a==="number"?a-c:String(a).localeCompare(String(c));return down?-d:d;});
  shown=PAGE;draw();
}
function add(parent,tag,text,cls){const n=document.createElement(tag);if(text!==undefined)n.textContent=text;if(cls)n.className=cls;parent.append(n);return n;}
function bars(parent,r){
  const order=["0","1","2","4","16","256","65536","more","nan"],sum=h=>Object.values(h).reduce((a,b)=>a+b,0)||1;
  if(!Object.keys(r.histogram).length&&!Object.keys(r.torch_histogram).length)return;
  add(parent,"h4","Errors in ulps (left: "+r.backend+", right: torch)");const g=add(parent,"div",undefined,"bars");
  for(const k of order){const a=r.histogram[k]||0,b=r.torch_histogram[k]||0;if(!a&&!b)continue;
    add(g,"span",k==="nan"||k==="more"?k:"≤ "+k);
    for(const [v,h,c] of [[a,r.histogram,"bar"],[b,r.torch_histogram,"bar t"]]){const w=add(g,"div");const x=add(w,"div",undefined,c);x.style.width=(100*v/sum(h))+"%";x.title=v+" elements";}}
}
function open(name){
  const d=el("detail");d.replaceChildren();location.hash="op/"+encodeURIComponent(name);
  const head=add(d,"p");const close=add(head,"button","Close");close.onclick=()=>d.close();
  const mine=rows.filter(r=>r.operation===name);if(!mine.length)return;
  add(d,"h2",name);add(d,"p","Family "+mine[0].family+", contract "+mine[0].contract+".");if(mine[0].doc)add(d,"pre",mine[0].doc);
  for(const r of mine){
    const h=add(d,"h3",r.backend+" ");add(h,"span",r.status,"status "+r.status);
    add(d,"p",r.examples+" examples ("+r.raised+" of them errors), "+num(r.compared)+" elements compared, "+r.unsupported_count+" unsupported; worst error "+num(r.units)+" of the bound, torch's own "+num(r.torch_units)+"; "+r.seconds+" s.");
    bars(d,r);
    const c=add(d,"p",undefined,"chips");for(const [k,v] of Object.entries(r.classes).sort())add(c,"span",k+" "+v);
    const m=Object.entries(r.missing);if(m.length)add(d,"p","Unsupported: "+m.map(x=>x[0]+" ("+x[1]+")").join(", "));
    for(const f of r.failures){
      const x=add(d,"details");x.open=r.failures.length<4;add(x,"summary",f.property+": "+f.rule+" ["+f.id+"]");
      add(x,"p","expected "+f.expected);add(x,"p","got "+f.got);
      const extra=Object.entries(f.details).filter(e=>e[1]!==null).map(e=>e[0]+" "+e[1]).join(", ");if(extra)add(x,"p",extra);
      add(x,"pre",f.script);
    }
  }
  if(!d.open)d.showModal();
}
el("detail").addEventListener("close",()=>history.replaceState(null,"",location.pathname+location.search));
for(const id of ["search","family","backend","status","property"])el(id).addEventListener("input",filter);
el("filters").addEventListener("submit",e=>e.preventDefault());
el("more").onclick=()=>{shown+=PAGE;draw();};
for(const th of document.querySelectorAll("th[data-key]")){th.tabIndex=0;const go=()=>{down=key===th.dataset.key?!down:false;key=th.dataset.key;filter();};th.onclick=go;th.onkeydown=e=>{if(e.key==="Enter"||e.key===" "){e.preventDefault();go();}};}
document.addEventListener("keydown",e=>{if(e.key==="/"&&!/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)){e.preventDefault();el("search").focus();}});
filter();if(location.hash.startsWith("#op/"))open(decodeURIComponent(location.hash.slice(4)));
})();
"""
