-- title: Negociação com o código atual
-- Every column of negociacao, and beside them codigo_atual: the ticker that the share goes by today, so that a renamed share is one series.
SELECT
  n.codigo,
  n.isin,
  n.nome_resumido,
  n.especificacao,
  n.moeda,
  n.valor_total,
  n.quantidade,
  n.quantidade_duvidosa,
  n.quantidade_provavel,
  n.qtd_titulos,
  n.preco_abertura,
  n.preco_maximo,
  n.preco_minimo,
  n.preco_fechamento,
  n.preco_medio,
  n.data_liquidacao,
  n.dias_ate_liquidacao,
  n.data_pregao,
  n.inicial,
  coalesce(r.codigo_atual, n.codigo) AS codigo_atual
FROM negociacao AS n
LEFT JOIN (
  VALUES
    ('TIMP3', 'BRTIMPACNOR1', 'TIMS3'),
    ('BTOW3', 'BRBTOWACNOR8', 'AMER3'),
    ('VVAR3', 'BRVVARACNOR1', 'BHIA3'),
    ('BKBR3', 'BRBKBRACNOR4', 'ZAMP3'),
    ('VIIA3', 'BRVIIAACNOR7', 'BHIA3'),
    ('ALSO3', 'BRALSOACNOR5', 'ALOS3'),
    ('ARZZ3', 'BRARZZACNOR3', 'AZZA3'),
    ('RRRP3', 'BRRRRPACNOR5', 'BRAV3'),
    ('TRPL3', 'BRTRPLACNOR4', 'ISAE3'),
    ('TRPL4', 'BRTRPLACNPR1', 'ISAE4'),
    ('CCRO3', 'BRCCROACNOR2', 'MOTV3'),
    ('NTCO3', 'BRNTCOACNOR5', 'NATU3'),
    ('MRFG3', 'BRMRFGACNOR0', 'MBRF3'),
    ('EMBR3', 'BREMBRACNOR4', 'EMBJ3'),
    ('ELET3', 'BRELETACNOR6', 'AXIA3')
) AS r (codigo, isin, codigo_atual)
  ON n.codigo = r.codigo AND substr(n.isin, 1, 6) = substr(r.isin, 1, 6)
