import type { RiskPattern } from './risk-pattern.js';

/** Up to so many words between two that belong together. */
const GAP = String.raw`\W{1,6}(?:[\w']{1,20}\W{1,6}){0,4}?`;
const ORDERS =
  '(?:instructions?|directives?|guidelines|rules|prompts?|orders|restrictions|constraints|safeguards)';
const EARLIER = '(?:previous|prior|preceding|earlier|above|foregoing|existing|original|initial)';
const SYSTEM_TEXT =
  '(?:system|hidden|secret|initial|original|internal|confidential|developer)\\W{1,3}(?:prompts?|instructions?|messages?|directives)';

/** Texts that set the model against what it was told, or ask what that was. */
export const INSTRUCTION_PATTERNS: readonly RiskPattern[] = [
  {
    name: 'override_earlier_instructions',
    family: 'override',
    severity: 'high',
    tokens: [
      ['ignore', 'disregard', 'forget', 'override', 'bypass', 'discard', 'neglect'],
      [
        'instructions',
        'instruction',
        'directives',
        'directive',
        'guidelines',
        'rules',
        'prompts',
        'prompt',
        'orders',
        'restrictions',
        'constraints',
        'safeguards',
      ],
    ],
    form: new RegExp(
      String.raw`\b(?:ignore|disregard|forget|override|bypass|discard|neglect)${GAP}(?:${EARLIER}\W{1,6}(?:[\w']{1,20}\W{1,6}){0,3}?${ORDERS}\b|(?:your|my|the)\W{1,4}(?:system\W{1,4})?${ORDERS}\W{1,6}(?:above|before)\b)`,
      'gi',
    ),
  },
  {
    name: 'override_everything_before',
    family: 'override',
    severity: 'high',
    tokens: [
      ['ignore', 'disregard', 'forget'],
      ['everything', 'anything', 'all', 'whatever'],
    ],
    form: /\b(?:ignore|disregard|forget)\W{1,4}(?:everything|anything|all|whatever)\W{1,4}(?:(?:that\W{1,4})?(?:was|you|i|we)\W{1,4}(?:[\w']{1,12}\W{1,4}){0,4}?(?:before|above|earlier|previously|so far)|(?:above|before this))\b/gi,
  },
  {
    name: 'override_own_rules',
    family: 'override',
    severity: 'medium',
    tokens: [
      ['ignore', 'disregard', 'forget', 'break', 'violate', 'bypass', 'override', 'disable'],
      ['your', 'model', 'openai', 'anthropic'],
    ],
    form: new RegExp(
      String.raw`\b(?:ignore|disregard|forget|break|violate|bypass|override|disable)\W{1,4}(?:(?:all|any|every|each)\W{1,4}(?:of\W{1,4})?)?(?:your|the model'?s|openai'?s|anthropic'?s)\W{1,4}(?:[\w']{1,16}\W{1,4}){0,2}?(?:${ORDERS}|programming|training|filters?|safety|ethics|alignment|policy|policies)\b`,
      'gi',
    ),
  },
  {
    name: 'override_stop_following',
    family: 'override',
    severity: 'medium',
    tokens: [
      ['stop', 'longer', 'cease'],
      ['following', 'obeying', 'follow', 'obey', 'bound'],
    ],
    form: new RegExp(
      String.raw`\b(?:stop (?:following|obeying)|(?:do|must|need|have|are) (?:not|no longer) (?:to )?(?:follow|obey|bound by)|no longer (?:bound by|follow|obey)|cease to follow)${GAP}${ORDERS}\b`,
      'gi',
    ),
  },
  {
    name: 'override_new_instructions',
    family: 'override',
    severity: 'medium',
    tokens: [
      ['new', 'updated', 'real', 'actual', 'true'],
      ['instructions', 'instruction', 'prompt', 'prompts', 'rules', 'directives', 'directive'],
    ],
    form: /\b(?:here (?:are|is)|these are|follow) (?:your|my|the) (?:new|updated|real|actual|true) (?:system )?(?:instructions?|prompts?|rules|directives?)\b|^\W{0,8}(?:new|updated|real) (?:system )?(?:instructions?|prompt|rules)\W{0,2}:/gim,
  },
  {
    name: 'override_no_questions',
    family: 'override',
    severity: 'low',
    tokens: [
      [
        'instead',
        'supersede',
        'supersedes',
        'override',
        'overrides',
        'replace',
        'replaces',
        'precedence',
      ],
      ['instructions', 'instruction', 'prompt', 'message', 'rules', 'task'],
    ],
    form: /\b(?:this|these|the following) (?:instructions?|prompt|message|rules) (?:supersedes?|overrides?|replaces?|takes? precedence over)\b|\binstead of (?:your|the) (?:system prompt|original (?:instructions?|task))\b/gi,
  },
  {
    name: 'forged_role_marks',
    family: 'override',
    severity: 'medium',
    tokens: [['im', 'inst', 'sys', 'system', 'start', 'begin', 'endoftext', 'header']],
    form: /<\|(?:im_start|im_end|system|endoftext|start_header_id|begin_of_text)\|>|\[\/?INST\]|<<\/?SYS>>|\[(?:system|admin|developer) (?:message|override|instruction)s?\]|^#{2,4} ?(?:system|new) ?(?:prompt|instructions?|message) ?:/gim,
  },
  {
    name: 'forged_authority',
    family: 'override',
    severity: 'low',
    tokens: [
      ['openai', 'anthropic', 'developer', 'administrator', 'admin', 'creator'],
      [
        'authorize',
        'authorise',
        'authorized',
        'authorised',
        'authorization',
        'authorizing',
        'allow',
        'allowed',
        'grant',
        'granted',
        'must',
        'override',
        'debug',
        'debugging',
        'debugger',
      ],
    ],
    form: /\b(?:i am|this is|i'm|speaking as) (?:your|the|an?) (?:openai|anthropic|google|system)?\s?(?:developer|administrator|admin|creator|engineer)\b.{0,80}?\b(?:authoriz|authoris|allow|grant|must|override|debug)/gi,
  },
  {
    name: 'extract_system_prompt',
    family: 'extraction',
    severity: 'high',
    tokens: [
      [
        'reveal',
        'show',
        'print',
        'repeat',
        'output',
        'display',
        'tell',
        'leak',
        'expose',
        'dump',
        'give',
        'disclose',
        'recite',
      ],
      ['prompt', 'prompts', 'instructions', 'instruction', 'messages', 'message', 'directives'],
    ],
    form: new RegExp(
      String.raw`(?<!(?:\bnever|n't|\bnot|\bno)\W{1,3})\b(?:reveal|show|print|repeat|output|display|tell|leak|expose|dump|give|disclose|recite)\W{1,4}(?:(?:me|us|out|back|verbatim|exactly|all|of|word for word)\W{1,4}){0,3}?your\W{1,4}(?:[\w']{1,16}\W{1,4}){0,2}?${SYSTEM_TEXT}\b`,
      'gi',
    ),
  },
  {
    name: 'extract_system_prompt_question',
    family: 'extraction',
    severity: 'medium',
    tokens: [
      ['what', 'which'],
      ['prompt', 'prompts', 'instructions', 'instruction', 'messages', 'message', 'directives'],
    ],
    form: new RegExp(
      String.raw`\bwhat(?:'s| is| are| was| were) your\W{1,4}(?:[\w']{1,16}\W{1,4}){0,2}?(?:${SYSTEM_TEXT}|instructions)\b|\bwhich instructions were you given\b`,
      'gi',
    ),
  },
  {
    name: 'extract_text_above',
    family: 'extraction',
    severity: 'high',
    tokens: [['repeat', 'print', 'output', 'copy', 'recite'], ['above']],
    form: /\b(?:repeat|print|output|copy|recite)\W{1,4}(?:all|everything|every word|the (?:text|words|content|contents))?\W{0,4}(?:of |from )?(?:the )?(?:text |words |content )?above(?: this (?:line|message))?\W{1,4}(?:[\w']{1,16}\W{1,4}){0,6}?(?:starting with|beginning with|verbatim|word for word|code ?block)/gi,
  },
  {
    name: 'extract_verbatim',
    family: 'extraction',
    severity: 'low',
    tokens: [
      ['verbatim', 'word'],
      ['instructions', 'prompt', 'configuration', 'guidelines', 'messages', 'message'],
    ],
    form: /\b(?:instructions|prompt|configuration|guidelines|messages?)\b.{0,60}?\b(?:verbatim|word for word)\b|\b(?:verbatim|word for word)\b.{0,60}?\b(?:instructions|system prompt|guidelines)\b/gi,
  },
  {
    name: 'extract_training_rules',
    family: 'extraction',
    severity: 'medium',
    tokens: [
      ['list', 'summarize', 'summarise', 'translate', 'encode', 'describe', 'rephrase'],
      ['prompt', 'prompts', 'instructions', 'instruction', 'messages', 'message', 'directives'],
    ],
    form: new RegExp(
      String.raw`\b(?:list|summari[sz]e|translate|encode|describe|rephrase)\W{1,4}(?:all\W{1,4}(?:of\W{1,4})?)?your\W{1,4}(?:[\w']{1,16}\W{1,4}){0,1}?${SYSTEM_TEXT}\b`,
      'gi',
    ),
  },
];
