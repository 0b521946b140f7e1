import type { RiskPattern } from './risk-pattern.js';

/**
 * Texts after secrets, and code that attacks whoever runs it. Code is ordinary talk with a model, so nothing here
 * hits statements that programs are made of: a form asks for what only an attack puts together.
 */
export const TECHNICAL_PATTERNS: readonly RiskPattern[] = [
  {
    name: 'extract_credentials',
    family: 'secrets',
    severity: 'high',
    tokens: [
      ['reveal', 'show', 'print', 'output', 'tell', 'leak', 'give', 'dump', 'send', 'expose'],
      [
        'key',
        'keys',
        'apikey',
        'apikeys',
        'password',
        'passwords',
        'credential',
        'credentials',
        'token',
        'tokens',
        'secrets',
        'variables',
        'vars',
        'env',
      ],
    ],
    form: /(?<!(?:\bnever|n't|\bnot|\bno)\W{1,3})\b(?:reveal|show|print|output|tell|leak|give|dump|send|expose)\W{1,4}(?:(?:me|us|out|all|of)\W{1,4}){0,3}?your\W{1,4}(?:[\w']{1,16}\W{1,4}){0,2}?(?:api[\s_-]?keys?|passwords?|credentials?|secret[\s_-]?keys?|access[\s_-]?tokens?|private[\s_-]?keys?|secrets|environment variables|env(?:ironment)? vars?)\b/gi,
  },
  {
    name: 'extract_stored_secrets',
    family: 'secrets',
    severity: 'medium',
    tokens: [
      ['keys', 'key', 'passwords', 'credentials', 'tokens', 'secrets'],
      ['extract', 'exfiltrate', 'steal', 'harvest', 'dump', 'leak', 'list'],
    ],
    form: /\b(?:extract|exfiltrate|steal|harvest|dump|leak|list)\W{1,4}(?:(?:me|us|out|all|of|any|the|every|stored|users?'?s?|customers?'?s?|saved)\W{1,4}){0,4}?(?:api[\s_-]?keys?|passwords?|credentials?|access[\s_-]?tokens?|private[\s_-]?keys?|session tokens?|credit card numbers?)\b/gi,
  },
  {
    name: 'extract_secret_files',
    family: 'secrets',
    severity: 'medium',
    tokens: [['etc', 'ssh', 'aws', 'env', 'proc', 'shadow']],
    form: /\b(?:cat|read|print|show|type|less|head|tail|upload|send|open)\W{1,4}(?:me\W{1,3}|the\W{1,3}|contents? of\W{1,3}|file\W{1,3}){0,4}?(?:\/etc\/(?:shadow|passwd)|~?\/(?:root\/|home\/\w{1,32}\/)?\.(?:ssh\/id_\w{1,12}|aws\/credentials)|\/proc\/self\/environ)/gi,
  },
  {
    name: 'exfiltrate_conversation',
    family: 'secrets',
    severity: 'high',
    tokens: [
      ['conversation', 'chat', 'history', 'secrets', 'credentials', 'key', 'data', 'keys'],
      ['send', 'post', 'upload', 'exfiltrate', 'forward', 'append', 'encode'],
    ],
    form: /\b(?:send|post|upload|exfiltrate|forward|append|encode)\W{1,4}(?:[\w']{1,16}\W{1,4}){0,5}?(?:conversation|chat history|secrets|credentials|api keys?|private data)\W{1,4}(?:[\w']{1,16}\W{1,4}){0,6}?(?:to|into|in|at|as)\W{1,4}(?:[\w']{1,16}\W{1,4}){0,3}?(?:https?:\/\/|webhook\b|!\[)/gi,
  },
  {
    name: 'markdown_exfiltration',
    family: 'secrets',
    severity: 'medium',
    tokens: [['http', 'https'], ['{', '[', '<', '$', '%'], ['!']],
    form: /!\[[^\]\n]{0,80}\]\(https?:\/\/[^\s)]{1,200}[?&][\w-]{1,32}=(?:\{|\[|<|%7b|\$\{?)[\w -]{1,60}(?:\}|\]|>|%7d)?/gi,
  },
  {
    name: 'metadata_service',
    family: 'secrets',
    severity: 'low',
    tokens: [['latest', 'metadata', 'computemetadata']],
    form: /\b169\.254\.169\.254\/(?:latest|metadata|computemetadata)|\bmetadata\.google\.internal\/computemetadata/gi,
  },
  {
    name: 'sql_stacked_statement',
    family: 'sql',
    severity: 'medium',
    tokens: [
      ['drop', 'delete', 'truncate', 'alter', 'insert', 'update', 'shutdown', 'exec'],
      [';'],
    ],
    form: /['"]\)?[ \t]{0,4};[ \t]{0,4}(?:drop (?:table|database|schema)|delete from|truncate (?:table )?|alter table|insert into|update \w{1,64} set|shutdown\b|exec\b)/gim,
  },
  {
    name: 'sql_comment_tail',
    family: 'sql',
    severity: 'low',
    tokens: [
      ['drop', 'delete', 'truncate', 'or', 'union', 'select', 'admin', 'insert'],
      ['-', '#', '*'],
    ],
    form: /(?:['"]|\b(?:drop|delete|truncate|union|select)\b[^;\n'"]{0,80};)[ \t]{0,4}(?:--|#|\/\*)[ \t]{0,4}['"]?$/gim,
  },
  {
    name: 'sql_tautology',
    family: 'sql',
    severity: 'medium',
    tokens: [['or', 'and'], ['='], ['"', "'"]],
    form: /['"]\)?[ \t]{1,4}(?:or|and)[ \t]{1,4}(?:(['"]?)(\w{1,16})\1[ \t]{0,4}=[ \t]{0,4}(['"]?)\2\b|true\b[ \t]{0,4}--|1[ \t]{0,4}=[ \t]{0,4}1)/gim,
  },
  {
    name: 'sql_union_probe',
    family: 'sql',
    severity: 'medium',
    tokens: [['union'], ['select']],
    form: /['")\d][ \t]{1,4}union[ \t]{1,4}(?:all[ \t]{1,4})?select[ \t]{1,4}(?:null[ \t]{0,4},|(?:\d[ \t]{0,4},[ \t]{0,4}){2}|[^;\n]{0,80}?\b(?:information_schema|@@version|pg_shadow|sqlite_master|password)\b)/gim,
  },
  {
    name: 'sql_time_probe',
    family: 'sql',
    severity: 'low',
    tokens: [['sleep', 'benchmark', 'waitfor', 'xp']],
    form: /['")\d;][ \t]{0,4}(?:and|or|;)[ \t]{0,4}(?:sleep|benchmark|pg_sleep)[ \t]{0,4}\(|['");][ \t]{0,4}waitfor delay\b|\bxp_cmdshell\b/gim,
  },
  {
    name: 'shell_wipe',
    family: 'shell',
    severity: 'medium',
    tokens: [['rm', 'mkfs', 'dd', 'format']],
    form: /\brm[ \t]{1,4}-(?:rf|fr|r[ \t]{1,2}-f)[ \t]{1,4}(?:--no-preserve-root[ \t]{1,4})?(?:\/(?:\*|[ \t;&|]|$)|~(?:\/?[ \t;&|]|\/?$)|\$HOME(?:[ \t;&|]|$))|\bmkfs\.\w{2,8}[ \t]{1,4}\/dev\/|\bdd[ \t]{1,4}if=\/dev\/(?:zero|random|urandom)[ \t]{1,4}of=\/dev\/(?:sd|nvme|hd)/gim,
  },
  {
    name: 'shell_chained_command',
    family: 'shell',
    severity: 'medium',
    tokens: [
      ['cat', 'rm', 'curl', 'wget', 'nc', 'bash', 'id', 'whoami'],
      [';', '|', '&', '`', '$'],
    ],
    form: /(?:['"]|=\S{0,40})[ \t]{0,4}(?:;|\|\||&&|\||`|\$\()[ \t]{0,4}(?:cat[ \t]{1,4}\/etc\/|rm[ \t]{1,4}-rf|(?:curl|wget)[ \t]{1,4}[^\n|]{0,120}\|[ \t]{0,4}(?:ba)?sh|nc[ \t]{1,4}-e|whoami\b|bash[ \t]{1,4}-i)/gim,
  },
  {
    name: 'shell_reverse_shell',
    family: 'shell',
    severity: 'high',
    tokens: [['bash', 'nc', 'ncat', 'socket', 'mkfifo', 'sh']],
    form: /\b(?:ba)?sh[ \t]{1,4}-i[ \t]{0,4}[>&]{1,2}[ \t]{0,4}\/dev\/tcp\/|\b(?:nc|ncat|netcat)[ \t]{1,4}(?:-\w{1,8}[ \t]{1,4}){0,4}-e[ \t]{1,4}\/bin\/(?:ba)?sh|\bmkfifo[ \t]{1,4}\/tmp\/\w{1,16}[^\n]{0,120}\bnc\b|\bsocket\b[^\n]{0,200}\bdup2\b[^\n]{0,120}\/bin\/(?:ba)?sh/gim,
  },
  {
    name: 'shell_encoded_command',
    family: 'shell',
    severity: 'medium',
    tokens: [['base', 'powershell', 'encodedcommand', 'enc']],
    form: /\bbase64[ \t]{1,4}(?:-d|-D|--decode)[^\n|]{0,40}\|[ \t]{0,4}(?:ba|z)?sh\b|\bpowershell(?:\.exe)?[ \t]{1,4}(?:-\w{1,16}[ \t]{1,4}(?:\w{1,16}[ \t]{1,4})?){0,4}-e(?:nc(?:odedcommand)?)?[ \t]{1,4}[A-Za-z0-9+/=]{16}/gim,
  },
  {
    name: 'script_cookie_theft',
    family: 'script',
    severity: 'high',
    tokens: [['cookie', 'localstorage', 'sessionstorage']],
    form: /<script\b[^>]{0,80}>[^<]{0,200}\b(?:document\.cookie|localStorage|sessionStorage)\b[^<]{0,200}?(?:https?:|\/\/)|\b(?:fetch|location(?:\.href)?|src)\s{0,4}(?:\(|=)\s{0,4}['"`](?:https?:)?\/\/[^'"`]{1,120}['"`]\s{0,4}\+\s{0,4}(?:encodeURIComponent\(|btoa\()?document\.cookie/gi,
  },
  {
    name: 'script_probe',
    family: 'script',
    severity: 'low',
    tokens: [['alert', 'prompt', 'confirm']],
    form: /<script\b[^>]{0,80}>\s{0,8}(?:alert|prompt|confirm)\s{0,2}\(\s{0,2}(?:['"`]?(?:xss|\d{1,4})['"`]?|document\.(?:cookie|domain))\s{0,2}\)|\bon(?:error|load|mouseover|focus)\s{0,2}=\s{0,2}['"]?(?:alert|prompt|confirm)\s{0,2}\(|\bjavascript:\s{0,2}(?:alert|eval)\s{0,2}\(/gi,
  },
  {
    name: 'script_template_injection',
    family: 'script',
    severity: 'medium',
    tokens: [['class', 'jndi', 'constructor', 'import', 'globals', 'subclasses'], ['{']],
    form: /\$\{(?:jndi:(?:ldap|rmi|dns)|\$\{)|\{\{[^}\n]{0,80}(?:__class__|__globals__|__subclasses__|__mro__)|\{\{[^}\n]{0,40}constructor\.constructor\(/gi,
  },
  {
    name: 'decode_and_obey',
    family: 'encoding',
    severity: 'medium',
    tokens: [['decode', 'decrypt', 'rot', 'unhex']],
    form: /\b(?:decode|decrypt|unhex|un-?rot13)\b.{0,80}?\b(?:and|then)\b.{0,30}?\b(?:follow|obey|execute|comply with|carry out|act on|do what)\b/gi,
  },
];
