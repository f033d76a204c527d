/** A function of advanced hunting, written in KQL so that the binder derives the columns it returns. */
export type HuntingFunction = {
  name: string
  parameters: string
  body: string
  description: string
}

/**
 * Functions that Defender adds to the language. The bodies have the right
 * columns and no data: they exist to be bound, never to be run.
 *
 * @see Microsoft Defender XDR, "FileProfile()", "DeviceFromIP()",
 * "AssignedIPAddresses()", "SeenBy()"
 */
export const defenderFunctions: HuntingFunction[] = [
  {
    name: 'FileProfile',
    parameters: "(T:(*), id:string='', limit:long=100)",
    body: `{ T | extend SHA1='', SHA256='', MD5='', FileSize=int(null), GlobalPrevalence=int(null),
      GlobalFirstSeen=datetime(null), GlobalLastSeen=datetime(null), Signer='', Issuer='', SignerHash='',
      IsCertificateValid=bool(null), IsRootSignerMicrosoft=bool(null), SignatureState='',
      IsExecutable=bool(null), ThreatName='', Publisher='', SoftwareName='', ProfileAvailability='' }`,
    description: 'Adds what Microsoft knows about the file to each row, for up to 1,000 rows.',
  },
  {
    name: 'DeviceFromIP',
    parameters: "(T:(*), ip:string='', at:datetime=datetime(null))",
    body: "{ T | extend IP='', DeviceId='' }",
    description: 'Adds the devices that had the local address in IP.',
  },
  {
    name: 'AssignedIPAddresses',
    parameters: '(device:string, at:datetime=datetime(null))',
    body: `{ print Timestamp=datetime(null), IPAddress='', IPType='', NetworkAdapterType=int(null),
      ConnectedNetworks=int(null) }`,
    description: 'The latest addresses of a device, given by id or name.',
  },
  {
    name: 'SeenBy',
    parameters: "(T:(*), id:string='')",
    body: '{ T | extend SeenBy=dynamic(null) }',
    description: 'Adds the onboarded devices that saw the device of each row.',
  },
]

/**
 * Functions that reach other data sources; what is behind them is not known
 * before the call, so every table and column there is accepted.
 *
 * @see Microsoft Defender XDR, "Query data in Azure Resource Graph and Azure
 * Data Explorer"; Azure Monitor, "workspace()"
 */
export const remoteSourceFunctions = ['workspace', 'adx', 'arg']
