// One scenario with ImapFlow against the server named in the environment; the last line printed is its result as JSON.
//
//   node session.mjs SCENARIO
//
// IMAP_HOST, IMAP_PORT, IMAP_USER, IMAP_PASSWORD, IMAP_CAFILE say where. A scenario that waits for another connection's
// doing prints {"ready": true} when it is ready and a line for each event, so that its driver can go step by step.

import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { ImapFlow } from 'imapflow';

const PUSH_LIMIT = 15_000;

const print = value => console.log(JSON.stringify(value));

function connect() {
    const { IMAP_HOST, IMAP_PORT, IMAP_USER, IMAP_PASSWORD, IMAP_CAFILE } = process.env;
    return new ImapFlow({
        host: IMAP_HOST,
        port: Number(IMAP_PORT),
        secure: true,
        auth: { user: IMAP_USER, pass: IMAP_PASSWORD },
        tls: { ca: readFileSync(IMAP_CAFILE) },
        clientInfo: { name: 'restante-tests' },
        logger: false
    });
}

async function octets(stream) {
    const chunks = [];
    for await (const chunk of stream) {
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('base64');
}

function parts(node) {
    return [node.type, ...(node.childNodes ?? []).map(parts)];
}

async function read(client) {
    const folders = (await client.list()).map(folder => folder.path);
    const lock = await client.getMailboxLock('INBOX');
    try {
        const messages = [];
        const query = { uid: true, flags: true, size: true, internalDate: true, envelope: true, bodyStructure: true, source: true };
        for await (const message of client.fetch('1:*', query)) {
            messages.push({
                uid: message.uid,
                size: message.size,
                date: message.internalDate.toISOString(),
                subject: message.envelope.subject,
                messageId: message.envelope.messageId,
                from: message.envelope.from[0].name,
                parts: parts(message.bodyStructure),
                source: message.source.toString('base64')
            });
        }
        const withBill = await client.search({ subject: 'bill' }, { uid: true });
        const part = await client.download(String(withBill[0]), '2', { uid: true });
        const enclosed = { name: part.meta.filename, content: await octets(part.content) };
        const headers = await client.fetchOne(String(withBill[0]), { headers: ['subject', 'x-none'] }, { uid: true });
        return { folders, messages, enclosed, headers: headers.headers.toString() };
    } finally {
        lock.release();
    }
}

async function change(client) {
    await client.mailboxCreate(['Archiv', 'März']);
    const appended = await client.append('INBOX', readFileSync(process.env.MAIL_FILE), ['\\Seen', '$Work'], new Date('2026-04-02T07:30:00Z'));
    const lock = await client.getMailboxLock('INBOX');
    try {
        await client.messageFlagsAdd({ uid: appended.uid }, ['\\Flagged']);
        await client.messageFlagsRemove({ uid: appended.uid }, ['$Work']);
        await client.messageFlagsSet({ all: true, subject: 'parcel' }, ['\\Answered']);
        const copied = await client.messageCopy({ subject: 'two forms' }, 'Archiv/März');
        const moved = await client.messageMove({ uid: appended.uid }, 'Archiv/März');
        const deleted = await client.messageDelete({ subject: 'picture' });
        const status = await client.status('Archiv/März', { messages: true, unseen: true, uidNext: true });
        return { appended: appended.uid, moved: [...moved.uidMap], copied: [...copied.uidMap], deleted, status };
    } finally {
        lock.release();
    }
}

async function watch(client) {
    await client.mailboxOpen('INBOX');
    const heard = async event => (await once(client, event, { signal: AbortSignal.timeout(PUSH_LIMIT) }))[0];
    const exists = heard('exists');
    client.idle();
    print({ ready: true });
    const { prevCount, count } = await exists;
    print({ event: 'exists', prevCount, count });
    const { seq, flags } = await heard('flags');
    print({ event: 'flags', seq, flags: [...flags].filter(flag => flag !== '\\Recent').sort() });
    const expunged = await heard('expunge');
    return { event: 'expunge', seq: expunged.seq };
}

const scenario = { read, change, watch }[process.argv[2]];
const client = connect();
await client.connect();
const result = await scenario(client);
await client.logout();
print(result);
