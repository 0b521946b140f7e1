import { createHash } from 'node:crypto';

/** A page that loads nothing from anywhere, cannot be framed, and stays in no cache. */
export interface Page {
  html: string;
  headers: Readonly<Record<string, string>>;
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1c1b1a;--soft:#6b6762;--paper:#f6f4f0;--card:#fff;--line:#dcd7cf;--accent:#2f5d50}
@media (prefers-color-scheme:dark){:root{--ink:#efece6;--soft:#a8a29a;--paper:#171615;--card:#211f1d;--line:#3a3733;--accent:#8fc7b5}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
main{width:100%;max-width:34rem;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:2rem}
h1{font-size:1.375rem;line-height:1.3;margin:0 0 .5rem}
p{margin:0 0 1rem}
.soft{color:var(--soft);font-size:.875rem}
label{display:block;font-size:.875rem;font-weight:600;margin:1rem 0 .25rem}
.row{display:flex;gap:.5rem;margin-bottom:1rem}
section>:last-child{margin-bottom:0}
input{flex:1;min-width:0;font:13px/1.4 ui-monospace,monospace;padding:.5rem .625rem;color:inherit;background:var(--paper);
border:1px solid var(--line);border-radius:6px}
button{font:inherit;font-size:.875rem;padding:.5rem .875rem;border:1px solid var(--accent);border-radius:6px;
background:transparent;color:var(--accent);cursor:pointer}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
[hidden]{display:none}`;

/** The code is taken out of the address before anything else, and the tokens live in this page alone. */
const SCRIPT = `
const show=(id)=>{for(const part of document.querySelectorAll('[data-state]'))part.hidden=part.id!==id};
const fail=(text)=>{document.getElementById('reason').textContent=text;show('failed')};
const code=new URLSearchParams(location.search).get('code');
history.replaceState(null,'',location.pathname);
for(const button of document.querySelectorAll('button[data-copy]'))button.addEventListener('click',async()=>{
const field=document.getElementById(button.dataset.copy);field.select();
try{await navigator.clipboard.writeText(field.value);button.textContent='Copied'}catch{button.textContent='Press Ctrl+C'}});
if(!code)fail('This address holds no login code. Begin at the sign-in address of your identity provider.');
else fetch('exchange',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({code}),cache:'no-store'})
.then(async(answer)=>{const body=await answer.json();
if(!answer.ok)return fail(body.detail||'The sign-in could not be finished. Begin again.');
document.getElementById('access').value=body.access_token;
document.getElementById('refresh').value=body.refresh_token;
document.getElementById('life').textContent=Math.round(body.expires_in/60)+' minutes';
show('done')})
.catch(()=>fail('The service did not answer. Sign in again.'));`;

const COMPLETION = page(
  'Signing in',
  `<section id="working" data-state aria-live="polite"><h1>Signing you in…</h1><p class="soft">One moment.</p>
<noscript><p>This page needs JavaScript to finish the sign-in.</p></noscript></section>
<section id="done" data-state hidden aria-live="polite"><h1>You are signed in</h1>
<p>Use the access token as <code>Authorization: Bearer …</code>, for instance on the <a href="/docs">API page</a>
(button Authorize). It works for <span id="life"></span>; the refresh token brings the next one.</p>
<label for="access">Access token</label>
<div class="row"><input id="access" readonly autocomplete="off" spellcheck="false"><button type="button" data-copy="access">Copy</button></div>
<label for="refresh">Refresh token</label>
<div class="row"><input id="refresh" readonly autocomplete="off" spellcheck="false"><button type="button" data-copy="refresh">Copy</button></div>
<p class="soft">Both are shown this once. Close this page when you have taken them.</p></section>
<section id="failed" data-state hidden role="alert"><h1>The sign-in did not finish</h1><p id="reason"></p></section>`,
  SCRIPT,
);

/** The page a sign-in ends at when nobody asked for another. */
export function renderCompletionPage(): Page {
  return COMPLETION;
}

export interface FailedSignIn {
  title: string;
  detail: string;
  code: string;
  requestId: string;
  /** Where to begin again; null when there is no telling. */
  startUrl: string | null;
}

/** What a person sees when the sign-in broke. */
export function renderFailurePage(failure: FailedSignIn): Page {
  const again =
    failure.startUrl === null
      ? ''
      : `<p><a href="${escape(failure.startUrl)}">Begin the sign-in again</a></p>`;
  return page(
    'Sign-in failed',
    `<section role="alert"><h1>${escape(failure.title)}</h1><p>${escape(failure.detail)}</p>${again}
<p class="soft">${escape(failure.code)} · request ${escape(failure.requestId)}</p></section>`,
    null,
  );
}

function page(title: string, content: string, script: string | null): Page {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer"><title>${title} · Atelier</title><style>${STYLE}</style></head>
<body><main>${content}</main>${script === null ? '' : `<script>${script}</script>`}</body></html>`;
  const sources = script === null ? '' : `script-src ${hash(script)}; connect-src 'self'; `;
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; ${sources}style-src ${hash(STYLE)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  };
}

function hash(source: string): string {
  return `'sha256-${createHash('sha256').update(source, 'utf8').digest('base64')}'`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
