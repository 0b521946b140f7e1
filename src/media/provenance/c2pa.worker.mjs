/** Runs in a thread of its own: reads and writes C2PA manifests, which takes whole pictures and large libraries. */
import 'reflect-metadata';
import { createPrivateKey, randomUUID, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { JPEG, PNG } from '@trustnxt/c2pa-ts/asset';
import { CoseAlgorithmIdentifier, LocalSigner } from '@trustnxt/c2pa-ts/cose';
import { SuperBox } from '@trustnxt/c2pa-ts/jumbf';
import {
  ActionAssertion,
  ActionType,
  ClaimVersion,
  DataHashAssertion,
  IngredientAssertion,
  ManifestStore,
  RelationshipType,
} from '@trustnxt/c2pa-ts/manifest';

const ASSETS = { png: PNG, jpeg: JPEG };
const CURVES = {
  prime256v1: CoseAlgorithmIdentifier.ES256,
  secp384r1: CoseAlgorithmIdentifier.ES384,
  secp521r1: CoseAlgorithmIdentifier.ES512,
};
const HASH_PADDING_BYTES = 64;
const PEM_FORM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4';
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const VALID_DAYS = 3_650;

/** Puts a manifest into a picture. @returns the whole picture */
export async function sign({ bytes, format, identity, claim }) {
  const asset = new ASSETS[format](bytes);
  const signer = toSigner(identity);
  const store = new ManifestStore();
  const manifest = store.createManifest({
    claimVersion: ClaimVersion.V2,
    assetFormat: `image/${format}`,
    instanceID: `urn:uuid:${randomUUID()}`,
    defaultHashAlgorithm: 'SHA-256',
    signer,
  });
  manifest.claim.claimGeneratorName = 'Atelier';
  manifest.claim.claimGeneratorVersion = claim.version;
  const binding = DataHashAssertion.create('SHA-256', HASH_PADDING_BYTES);
  manifest.addAssertion(binding);
  for (const ingredient of claim.ingredients) manifest.addAssertion(toIngredient(ingredient));
  manifest.addAssertion(toActions(claim));
  await asset.ensureManifestSpace(store.measureSize());
  await binding.updateWithAsset(asset);
  await manifest.sign(signer);
  await asset.writeManifestJUMBF(store.getBytes());
  return asset.getDataRange();
}

/** Whether the manifest of a picture is good and the picture the one that was signed. Chains of trust are not followed. */
export async function verify({ bytes, format }) {
  const asset = new ASSETS[format](bytes);
  const jumbf = asset.getManifestJUMBF();
  if (!jumbf) return { isPresent: false };
  const store = ManifestStore.read(SuperBox.fromBuffer(jumbf));
  const result = await store.validate(asset);
  const fault = result.statusEntries.find(({ success }) => success === false);
  const manifest = store.getActiveManifest();
  const actions = manifest?.assertions?.getActionAssertions().flatMap(({ actions: of }) => of);
  return {
    isPresent: true,
    isValid: result.isValid,
    error: result.isValid ? null : (fault?.code ?? 'general.error'),
    signer: manifest?.signature?.signatureData.certificate?.subject ?? null,
    generator: manifest?.claim?.claimGeneratorName ?? manifest?.claim?.claimGenerator ?? null,
    digitalSourceType: actions?.find((one) => one.digitalSourceType)?.digitalSourceType ?? null,
  };
}

/** A key with a certificate of an authority made for it alone, as PEM; the key of the authority is thrown away. */
export async function createIdentity() {
  x509.cryptoProvider.set(webcrypto);
  const dates = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
  };
  const [rootKeys, keys] = await Promise.all([generateKeys(), generateKeys()]);
  const { BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags } = x509;
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...dates,
    name: 'CN=Atelier self-made root',
    keys: rootKeys,
    signingAlgorithm: KEY_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    ...dates,
    subject: 'CN=Atelier, O=self-made',
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: KEY_ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([EMAIL_PROTECTION], true),
      await x509.AuthorityKeyIdentifierExtension.create(rootKeys.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificatePem: `${leaf.toString('pem')}\n${root.toString('pem')}\n`,
    keyPem: `-----BEGIN PRIVATE KEY-----\n${key.toString('base64')}\n-----END PRIVATE KEY-----\n`,
  };
}

function generateKeys() {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

function toSigner({ certificatePem, keyPem }) {
  const [leaf, ...chain] = certificatePem.match(PEM_FORM) ?? [];
  const key = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' });
  const certificates = chain.map((pem) => new x509.X509Certificate(pem));
  return new LocalSigner(key, toAlgorithm(leaf), new x509.X509Certificate(leaf), certificates);
}

function toAlgorithm(pem) {
  const { asymmetricKeyType, asymmetricKeyDetails } = new X509Certificate(pem).publicKey;
  if (asymmetricKeyType === 'ed25519') return CoseAlgorithmIdentifier.Ed25519;
  if (asymmetricKeyType.startsWith('rsa')) return CoseAlgorithmIdentifier.PS256;
  const algorithm = CURVES[asymmetricKeyDetails?.namedCurve];
  if (algorithm === undefined) throw new Error('the certificate has a key that C2PA does not know');
  return algorithm;
}

function toIngredient({ name, format, sha256 }) {
  const ingredient = IngredientAssertion.createV3(RelationshipType.InputTo);
  ingredient.title = name;
  ingredient.format = `image/${format}`;
  ingredient.instanceID = `urn:sha256:${sha256}`;
  return ingredient;
}

function toActions({ digitalSourceType, isComposite }) {
  const assertion = new ActionAssertion();
  assertion.actions.push({ action: ActionType.C2paCreated, digitalSourceType });
  if (isComposite) assertion.actions.push({ action: ActionType.C2paEdited, digitalSourceType });
  return assertion;
}
